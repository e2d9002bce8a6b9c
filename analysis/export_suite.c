/* export_suite.c - what Linux and strongSwan call the algorithms, and how the kernel reckons an inner MTU. */
#include "analysis/export_part.h"

#include <string.h>

bool export_suite_find(const struct suite *s, struct export_suite *names, char ike[EXPORT_IKE_CAP])
{
    const struct encr_alg *encr = s->encr;
    if (!encr->kernel)
        return false;
    const char *bits = strstr(encr->ike, "%u");
    if (bits)
        snprintf(ike, EXPORT_IKE_CAP, "%.*s%zu%s", (int)(bits - encr->ike), encr->ike, 8 * s->key_len, bits + 2);
    else
        snprintf(ike, EXPORT_IKE_CAP, "%s", encr->ike);
    *names = (struct export_suite){encr->kernel, s->integ->kernel, ike, s->integ->ike};
    return true;
}

enum {
    ESP_FIXED_LEN = 4 + 4,   /* SPI, sequence number */
    ESP_TRAILER_LEN = 1 + 1, /* pad length, next header */
    UDP_HEAD_LEN = 8,
    BEET_KEPT_LEN = 8 /* IPV4_BEET_PHMAXLEN */
};

static unsigned ip_head_len(const struct addr *a)
{
    return a->version == 6 ? 40 : 20;
}

unsigned export_inner_mtu(const struct export_plan *p, const char *kernel_mode)
{
    bool v4 = p->side[0].lan.addr.version == 4;
    bool is_tunnel = !strcmp(kernel_mode, "tunnel");
    unsigned header = ESP_FIXED_LEN + (unsigned)suite_iv_len(&p->suite) + (p->udp_port ? UDP_HEAD_LEN : 0);
    if (is_tunnel)
        header += ip_head_len(&p->side[0].wan);
    if (!strcmp(kernel_mode, "beet") && v4)
        header += BEET_KEPT_LEN;
    unsigned outside = is_tunnel ? 0 : ip_head_len(&p->side[0].lan.addr);
    unsigned align = (unsigned)suite_align(&p->suite);
    unsigned room = p->link_mtu - header - (unsigned)suite_icv_len(&p->suite) - outside;
    return room / align * align + outside - ESP_TRAILER_LEN;
}
