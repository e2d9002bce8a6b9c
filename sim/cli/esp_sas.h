/* esp_sas.h - the SAs of an SA file, ready for use: what the subcommands of `espsim esp` share. */
#ifndef ESPSIM_CLI_ESP_SAS_H
#define ESPSIM_CLI_ESP_SAS_H

#include "models/capture/capture.h"
#include "models/ipsec/lookup.h"
#include "models/ipsec/open.h"
#include "models/ipsec/safile.h"

struct esp_sas {
    struct safile file;
    struct sa **sas; /* one for each of the file's, in its order */
    struct sad *sad;
};

/* Reads the file and makes its SAs. Gives CMD_FINE, or an exit code after saying why on standard error; `s` is then
 * empty. */
int esp_sas_read(struct esp_sas *s, const char *path);
void esp_sas_fini(struct esp_sas *s);

/* The first SA that is for an outbound packet; NULL: none. */
struct sa *esp_sas_out(const struct esp_sas *s, const struct ip_view *v);

/* Finds ESP in an inbound packet and the SA that the policy gives it. Every packet is taken for one that arrived here:
 * there is no routing. */
enum drop esp_sas_in(const struct esp_sas *s, const struct lookup *policy, const struct buf *packet, struct located *at,
                     struct sa **sa);

/* Why a packet of a capture was refused, in words: the reason's own, or what the capture lacks. */
const char *esp_why(enum drop d, enum capture_got got, const struct capture_packet *p);

/* Room for the longest packet, with the longest TFC padding. */
#define ESP_PACKET_MAX (IP_TOTAL_MAX + IPV6_HEAD_LEN)
#define ESP_ROOM_LEN   (BUF_HEADROOM + ESP_PACKET_MAX + IP_TOTAL_MAX + BUF_TAILROOM)

/* The subcommands; argv[0] is "espsim esp". */
int cmd_esp_pass(int argc, char **argv, const char *op);
int cmd_esp_explain(int argc, char **argv);

#endif
