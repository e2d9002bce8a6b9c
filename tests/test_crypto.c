/* Laws of the suites and their keyed contexts. */
#include "models/crypto/crypt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

enum { TEXT_LEN = 48, HEAD_LEN = 8, PACKET_CAP = HEAD_LEN + ENCR_IV_CAP + TEXT_LEN + INTEG_ICV_CAP };

static const uint8_t key[64] = "01234567890123456789012345678901234567890123456789012345678901";

static struct crypt *keyed(const struct suite *s)
{
    struct crypt *c;
    struct err e;
    if (!crypt_new(s, key, s->key_len, key + 7, s->encr->salt_len, key, s->integ->key_len, &c, &e))
        fail_msg("%s", e.text);
    return c;
}

static void seal_then_open_gives_back(void **state)
{
    (void)state;
    size_t at = 0;
    for (struct suite s; suite_next(&at, &s);) {
        struct crypt *c = keyed(&s);
        for (int esn = 0; esn < 2; esn++) {
            uint8_t plain[PACKET_CAP], packet[PACKET_CAP];
            for (size_t i = 0; i < sizeof plain; i++)
                plain[i] = (uint8_t)i;
            memcpy(packet, plain, sizeof packet);
            struct crypt_text t = {packet, TEXT_LEN, esn, 9};
            assert_true(crypt_seal(c, &t));
            assert_true(crypt_open(c, &t));
            assert_memory_equal(packet, plain, HEAD_LEN + suite_iv_len(&s) + TEXT_LEN);
        }
        crypt_free(c);
    }
}

static void names_are_read_back(void **state)
{
    (void)state;
    size_t at = 0;
    for (struct suite s, back; suite_next(&at, &s);) {
        char name[SUITE_NAME_CAP];
        struct err e;
        if (!suite_parse(suite_name(&s, name), &back, &e))
            fail_msg("%s", e.text);
        assert_ptr_equal(back.encr, s.encr);
        assert_ptr_equal(back.integ, s.integ);
        assert_int_equal(back.key_len, s.key_len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seal_then_open_gives_back),
        cmocka_unit_test(names_are_read_back),
    };
    return cmocka_run_group_tests_name("crypto", tests, NULL, NULL);
}
