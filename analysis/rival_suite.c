/* Rivals that are tunnel mode with an algorithm of fewer octets: where the algorithm's name has such a sister. */
#include "analysis/rival.h"

#include <stdio.h>
#include <string.h>

/* The suite called like `asked`, but with `with` in the place of `without`. */
static bool sister(const struct suite *asked, const char *without, const char *with, struct suite *has)
{
    char name[SUITE_NAME_CAP], other[SUITE_NAME_CAP];
    const char *at = strstr(suite_name(asked, name), without);
    if (!at || strstr(name, "-iiv"))
        return false;
    int len = snprintf(other, sizeof other, "%.*s%s%s", (int)(at - name), name, with, at + strlen(without));
    return len > 0 && (size_t)len < sizeof other && suite_parse(other, has, NULL);
}

static bool implicit_iv(const struct suite *asked, struct suite *has)
{
    return sister(asked, "-16-", "-16-iiv-", has) || sister(asked, "-poly1305-", "-poly1305-iiv-", has) ||
           sister(asked, "-8-", "-8-iiv-", has);
}

static bool short_icv(const struct suite *asked, struct suite *has)
{
    return sister(asked, "-16-", "-8-", has);
}

const struct rival rival_implicit_iv = {
    .m = {"implicit-iv", "tunnel mode, the IV implied by the sequence number: 8 octets less", "RFC 8750"},
    .suite = implicit_iv,
    .form = rival_tunnel,
    .linux_can = {CLAIM_NO, "the kernel has no template for it"},
    .strongswan = {CLAIM_NO, "no kernel that it drives could be told"},
};

const struct rival rival_short_icv = {
    .m = {"short-icv", "tunnel mode, ICV of 8 octets: 8 less, and forging gets 2^64 times likelier",
          "RFC 4106 section 6, RFC 4309 section 6"},
    .suite = short_icv,
    .form = rival_tunnel,
    .linux_can = {CLAIM_YES, "ip xfrm, aead 'rfc4106(gcm(aes))' KEY 64"},
    .strongswan = {CLAIM_YES, "esp_proposals = aes128gcm8"},
};
