/* fuzz_scenario.c - scenario files: any text is refused with reasons or taken, and what is taken reads back the same.
 */
#include "sim/config/config.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_reads_back(const struct config *c)
{
    char hash[CONFIG_HASH_CAP], again_hash[CONFIG_HASH_CAP], *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    config_print(c, out);
    fclose(out);
    struct config again;
    struct err_list bad = {0};
    must(config_parse(&again, "again.ini", text, len, NULL, 0, &bad));
    config_hash(c, hash);
    config_hash(&again, again_hash);
    must(!strcmp(hash, again_hash));
    config_fini(&again);
    free(text);
}

/* The text up to the first NUL octet is the file; what follows, if anything, one --set word. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const uint8_t *zero = memchr(data, 0, len);
    size_t text_len = zero ? (size_t)(zero - data) : len;
    char *set = zero ? strndup((const char *)zero + 1, len - text_len - 1) : NULL;
    const char *sets[] = {set};
    struct config c;
    struct err_list bad = {0};
    bool ok = config_parse(&c, "fuzz.ini", (const char *)data, text_len, sets, set != NULL, &bad);
    must(ok == (bad.n_errs == 0));
    for (size_t i = 0; i < bad.n_errs; i++)
        must(bad.errs[i].text[0] && !strchr(bad.errs[i].text, '\n'));
    if (ok)
        check_reads_back(&c);
    config_fini(&c);
    err_list_fini(&bad);
    free(set);
    return 0;
}
