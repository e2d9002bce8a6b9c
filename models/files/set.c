#include "models/files/set.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

void file_set_add(struct file_set *set, const char *name, char *octets, size_t len)
{
    set->files = realloc(set->files, (set->n_files + 1) * sizeof *set->files);
    assert(set->files);
    set->files[set->n_files++] = (struct set_file){strdup(name), octets, len};
}

const struct set_file *file_set_find(const struct file_set *set, const char *name)
{
    for (size_t i = 0; i < set->n_files; i++)
        if (!strcmp(set->files[i].name, name))
            return &set->files[i];
    return NULL;
}

void file_set_fini(struct file_set *set)
{
    for (size_t i = 0; i < set->n_files; i++) {
        free(set->files[i].name);
        OPENSSL_cleanse(set->files[i].octets, set->files[i].len);
        free(set->files[i].octets);
    }
    free(set->files);
    *set = (struct file_set){0};
}
