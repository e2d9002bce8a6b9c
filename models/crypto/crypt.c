#include "models/crypto/crypt.h"

#include "models/base/cursor.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <stdlib.h>

enum { SPI_LEN = 4, SEQ_LEN = 4, HEAD_LEN = SPI_LEN + SEQ_LEN, AAD_CAP = HEAD_LEN + 4, IIV_LEN = 8 };

struct crypt {
    struct suite suite;
    void *encr;
    void *integ;
};

static bool keys_fit(const struct suite *s, size_t key_len, size_t salt_len, size_t integ_key_len, struct err *e)
{
    if (key_len != s->key_len)
        return err_set(e, "%s: the key has %zu octets, expected %zu", s->encr->m.name, key_len, s->key_len);
    if (salt_len != s->encr->salt_len)
        return err_set(e, "%s: the salt has %zu octets, expected %d (%s)", s->encr->m.name, salt_len, s->encr->salt_len,
                       s->encr->m.source);
    if (integ_key_len != s->integ->key_len)
        return err_set(e, "%s: the key has %zu octets, expected %d (%s)", s->integ->m.name, integ_key_len,
                       s->integ->key_len, s->integ->m.source);
    return true;
}

bool crypt_new(const struct suite *s, const uint8_t *key, size_t key_len, const uint8_t *salt, size_t salt_len,
               const uint8_t *integ_key, size_t integ_key_len, struct crypt **c, struct err *e)
{
    if (!suite_check(s, e) || !keys_fit(s, key_len, salt_len, integ_key_len, e))
        return false;
    struct crypt *made = calloc(1, sizeof *made);
    assert(made);
    made->suite = *s;
    if (!s->encr->init(s->encr, key, key_len, salt, &made->encr, e)) {
        free(made);
        return false;
    }
    if (!s->integ->init(s->integ, integ_key, &made->integ, e)) {
        s->encr->fini(made->encr);
        free(made);
        return false;
    }
    *c = made;
    return true;
}

void crypt_free(struct crypt *c)
{
    if (!c)
        return;
    c->suite.encr->fini(c->encr);
    c->suite.integ->fini(c->integ);
    free(c);
}

/* What one packet's call of the encryption algorithm may point to, besides the packet. */
struct scratch {
    uint8_t aad[AAD_CAP]; /* SPI | high half | sequence number: RFC 4106 section 5 */
    uint8_t iv[IIV_LEN];  /* RFC 8750 section 4: the sequence number as 64 bits */
};

/* SPI and sequence number lie in the packet as they are bound; an ESN's high half is not sent and goes between. */
static void bind_esn(struct encr_call *call, const struct crypt_text *t, struct scratch *scratch)
{
    struct wr w = wr_over(scratch->aad, sizeof scratch->aad);
    wr_bytes(&w, t->head, SPI_LEN);
    wr_u32(&w, t->seq_hi);
    wr_bytes(&w, t->head + SPI_LEN, SEQ_LEN);
    call->aad = scratch->aad;
    call->aad_len = sizeof scratch->aad;
}

static void imply_iv(struct encr_call *call, const struct crypt_text *t, struct scratch *scratch)
{
    struct wr w = wr_over(scratch->iv, sizeof scratch->iv);
    wr_u32(&w, t->esn ? t->seq_hi : 0);
    wr_bytes(&w, t->head + SPI_LEN, SEQ_LEN);
    call->iv = scratch->iv;
}

static inline void fill_call(struct encr_call *call, const struct encr_alg *a, const struct crypt_text *t,
                             struct scratch *scratch)
{
    uint8_t *iv = t->head + HEAD_LEN;
    uint8_t *text = iv + a->iv_len;
    *call = (struct encr_call){.iv = iv, .text = text, .text_len = t->text_len};
    if (a->icv_len) {
        call->icv = text + t->text_len;
        call->aad = t->head;
        call->aad_len = HEAD_LEN;
        if (t->esn)
            bind_esn(call, t, scratch);
    }
    if (a->iv_rule == IV_IMPLICIT)
        imply_iv(call, t, scratch);
}

/* Separate integrity covers ESP from the SPI to the end of the ciphertext, then an ESN's high half (RFC 4303 2.2.1). */
static bool sum(struct crypt *c, const struct crypt_text *t, uint8_t icv[INTEG_ICV_CAP])
{
    uint8_t high[SEQ_LEN];
    struct wr w = wr_over(high, sizeof high);
    wr_u32(&w, t->seq_hi);
    size_t covered = HEAD_LEN + suite_iv_len(&c->suite) + t->text_len;
    return c->suite.integ->sum(c->integ, t->head, covered, high, t->esn ? sizeof high : 0, icv);
}

static uint8_t *icv_of(const struct crypt *c, const struct crypt_text *t)
{
    return t->head + HEAD_LEN + suite_iv_len(&c->suite) + t->text_len;
}

static bool text_fits(const struct encr_alg *a, const struct crypt_text *t)
{
    return t->text_len && !(t->text_len & (a->block - 1u));
}

bool crypt_seal(struct crypt *c, const struct crypt_text *t)
{
    const struct encr_alg *encr = c->suite.encr;
    assert(text_fits(encr, t));
    struct scratch scratch;
    struct encr_call call;
    fill_call(&call, encr, t, &scratch);
    if (!encr->seal(c->encr, &call))
        return false;
    if (encr->icv_len)
        return true;
    uint8_t icv[INTEG_ICV_CAP];
    if (!sum(c, t, icv))
        return false;
    memcpy(icv_of(c, t), icv, c->suite.integ->icv_len);
    return true;
}

bool crypt_open(struct crypt *c, const struct crypt_text *t)
{
    const struct encr_alg *encr = c->suite.encr;
    if (!text_fits(encr, t))
        return false;
    uint8_t icv[INTEG_ICV_CAP];
    if (!encr->icv_len && (!sum(c, t, icv) || CRYPTO_memcmp(icv, icv_of(c, t), c->suite.integ->icv_len)))
        return false;
    struct scratch scratch;
    struct encr_call call;
    fill_call(&call, encr, t, &scratch);
    return encr->open(c->encr, &call);
}
