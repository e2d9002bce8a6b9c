#include "sim/run/digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

bool digest_file(const char *path, char hex[DIGEST_HEX_CAP], struct err *e)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return err_set(e, "%s: cannot be read: %s", path, strerror(errno));
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool ok = md && EVP_DigestInit_ex2(md, EVP_sha256(), NULL);
    unsigned char block[65536], sum[EVP_MAX_MD_SIZE];
    for (size_t n; ok && (n = fread(block, 1, sizeof block, f)) > 0;)
        ok = EVP_DigestUpdate(md, block, n);
    ok = ok && !ferror(f) && EVP_DigestFinal_ex(md, sum, NULL);
    for (size_t i = 0; ok && i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", sum[i]);
    EVP_MD_CTX_free(md);
    fclose(f);
    return ok || err_set(e, "%s: no SHA-256 of it could be made", path);
}
