/* fuzz_dissect.c - any octets as a packet: its fields are the packet, in order and without gaps. The first two octets
 * say what is known of ESP in it. */
#include "models/wire/dissect.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void check_next(void *ctx, const struct field *f)
{
    size_t *at = ctx;
    if (f->off != *at || !f->len || strlen(f->value) >= sizeof f->value)
        abort();
    *at += f->len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 2)
        return 0;
    struct dissect_esp esp = {.iv_len = data[0] & 31, .icv_len = data[1] & 31};
    size_t at = 0, around = 20 + 8 + esp.iv_len + esp.icv_len;
    const uint8_t *packet = data + 2;
    len -= 2;
    if (data[0] & 0x80 && len >= around + 2) { /* decrypted: as if the cipher were none */
        esp.text = packet + 20 + 8 + esp.iv_len;
        esp.text_len = len - around;
    }
    dissect(packet, len, data[0] & 0x40 ? NULL : &esp, check_next, &at);
    if (at != len)
        abort();
    return 0;
}
