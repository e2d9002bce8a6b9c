/* export_suite.c - what Linux and strongSwan call the algorithms, and how the kernel reckons an inner MTU. */
#include "analysis/export_part.h"
#include "models/wire/esp.h"
#include "models/wire/udp.h"

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

enum { BEET_KEPT_LEN = 8 }; /* IPV4_BEET_PHMAXLEN */

static unsigned head_len(const struct addr *a)
{
    return a->version == 6 ? IPV6_HEAD_LEN : IPV4_HEAD_LEN;
}

unsigned export_inner_mtu(const struct export_plan *p, const struct mode *kernel_mode)
{
    bool v4 = p->side[0].lan.addr.version == 4;
    bool is_tunnel = kernel_mode == &mode_tunnel;
    unsigned header = ESP_HEAD_LEN + (unsigned)suite_iv_len(&p->suite) + (p->udp_port ? UDP_HEAD_LEN : 0);
    if (is_tunnel)
        header += head_len(&p->side[0].wan);
    if (kernel_mode == &mode_beet && v4)
        header += BEET_KEPT_LEN;
    unsigned outside = is_tunnel ? 0 : head_len(&p->side[0].lan.addr);
    unsigned align = (unsigned)suite_align(&p->suite);
    unsigned room = p->link_mtu - header - (unsigned)suite_icv_len(&p->suite) - outside;
    return room / align * align + outside - ESP_TRAILER_LEN;
}
