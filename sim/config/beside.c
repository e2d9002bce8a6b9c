/* beside.c - files that a scenario names. */
#include "sim/config/reader.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

char *path_beside(const char *scenario, const char *name)
{
    const char *slash = strrchr(scenario, '/');
    char *path;
    int folder_len = slash && name[0] != '/' ? (int)(slash + 1 - scenario) : 0;
    if (asprintf(&path, "%.*s%s", folder_len, scenario, name) < 0)
        abort();
    return path;
}

void hash_add(char hash[FILE_HASH_CAP], const void *octets, size_t len)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool ok = md && EVP_DigestInit_ex2(md, EVP_sha256(), NULL) && EVP_DigestUpdate(md, hash, strlen(hash)) &&
              EVP_DigestUpdate(md, octets, len) && EVP_DigestFinal_ex(md, digest, &n);
    assert(ok && 2 * n + 1 == FILE_HASH_CAP);
    (void)ok;
    EVP_MD_CTX_free(md);
    for (unsigned i = 0; i < n; i++)
        snprintf(hash + 2 * i, 3, "%02x", digest[i]);
}
