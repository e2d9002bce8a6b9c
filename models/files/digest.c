#include "models/files/digest.h"

#include "models/files/file.h"

#include <assert.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void write_hex(const unsigned char sum[SHA256_DIGEST_LENGTH], char hex[DIGEST_HEX_CAP])
{
    for (size_t i = 0; i < SHA256_DIGEST_LENGTH; i++)
        snprintf(hex + 2 * i, 3, "%02x", sum[i]);
}

bool digest_fd(int fd, const char *path, char hex[DIGEST_HEX_CAP], struct err *e)
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool ok = md && EVP_DigestInit_ex2(md, EVP_sha256(), NULL);
    unsigned char block[65536], sum[EVP_MAX_MD_SIZE];
    ssize_t n = 0;
    while (ok && ((n = read(fd, block, sizeof block)) > 0 || (n < 0 && errno == EINTR)))
        ok = n < 0 || EVP_DigestUpdate(md, block, (size_t)n);
    ok = ok && n == 0 && EVP_DigestFinal_ex(md, sum, NULL);
    EVP_MD_CTX_free(md);
    if (!ok)
        return err_set(e, "%s: no SHA-256 of it could be made: %s", path, n < 0 ? strerror(errno) : "OpenSSL refused");
    write_hex(sum, hex);
    return true;
}

bool digest_file(const char *path, char hex[DIGEST_HEX_CAP], struct err *e)
{
    int fd = file_open(path, FILE_FOUND, e);
    if (fd < 0)
        return false;
    bool ok = digest_fd(fd, path, hex, e);
    close(fd);
    return ok;
}

void digest_octets(const void *octets, size_t len, char hex[DIGEST_HEX_CAP])
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    int ok = EVP_Digest(octets, len, sum, NULL, EVP_sha256(), NULL);
    assert(ok);
    (void)ok;
    write_hex(sum, hex);
}
