/* export_suite.c - what Linux and strongSwan call the algorithms, and how the kernel reckons an inner MTU. */
#include "analysis/export_part.h"

#include <string.h>

struct encr_names {
    const char *name; /* as in a scenario */
    const char *kernel;
    const char *ike; /* %u: key bits */
};

static const struct encr_names encr_names[] = {
    {"null", "ecb(cipher_null)", "null"},
    {"aes-cbc", "cbc(aes)", "aes%u"},
    {"3des-cbc", "cbc(des3_ede)", "3des"},
    {"aes-ctr", "rfc3686(ctr(aes))", "aes%uctr"},
    {"aes-gcm-16", "rfc4106(gcm(aes))", "aes%ugcm16"},
    {"aes-gcm-12", "rfc4106(gcm(aes))", "aes%ugcm12"},
    {"aes-gcm-8", "rfc4106(gcm(aes))", "aes%ugcm8"},
    {"aes-ccm-16", "rfc4309(ccm(aes))", "aes%uccm16"},
    {"aes-ccm-12", "rfc4309(ccm(aes))", "aes%uccm12"},
    {"aes-ccm-8", "rfc4309(ccm(aes))", "aes%uccm8"},
    {"chacha20-poly1305", "rfc7539esp(chacha20,poly1305)", "chacha20poly1305"},
    {"null-aes-gmac", "rfc4543(gcm(aes))", "aes%ugmac"},
};

struct integ_names {
    const char *name;
    const char *kernel;
    const char *ike;
};

static const struct integ_names integ_names[] = {
    {"none", NULL, NULL},
    {"hmac-md5-96", "hmac(md5)", "md5"},
    {"hmac-sha1-96", "hmac(sha1)", "sha1"},
    {"hmac-sha2-256-128", "hmac(sha256)", "sha256"},
    {"hmac-sha2-256-96", "hmac(sha256)", "sha256_96"},
    {"hmac-sha2-384-192", "hmac(sha384)", "sha384"},
    {"hmac-sha2-512-256", "hmac(sha512)", "sha512"},
    {"aes-cmac-96", "cmac(aes)", "aescmac"},
    {"aes-xcbc-96", "xcbc(aes)", "aesxcbc"},
};

bool export_suite_find(const struct suite *s, struct export_suite *names, char ike[EXPORT_IKE_CAP])
{
    const struct encr_names *encr = NULL;
    for (size_t i = 0; i < sizeof encr_names / sizeof *encr_names; i++)
        if (!strcmp(encr_names[i].name, s->encr->m.name))
            encr = &encr_names[i];
    const struct integ_names *integ = NULL;
    for (size_t i = 0; i < sizeof integ_names / sizeof *integ_names; i++)
        if (!strcmp(integ_names[i].name, s->integ->m.name))
            integ = &integ_names[i];
    if (!encr || !integ)
        return false;
    const char *bits = strstr(encr->ike, "%u");
    if (bits)
        snprintf(ike, EXPORT_IKE_CAP, "%.*s%zu%s", (int)(bits - encr->ike), encr->ike, 8 * s->key_len, bits + 2);
    else
        snprintf(ike, EXPORT_IKE_CAP, "%s", encr->ike);
    *names = (struct export_suite){encr->kernel, integ->kernel, ike, integ->ike};
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
