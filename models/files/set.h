/* set.h - files in memory on their way to a folder: who makes them needs no disk, and who writes them knows them all.
 */
#ifndef ESPSIM_FILES_SET_H
#define ESPSIM_FILES_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct set_file {
    char *name; /* below the folder; `/` between folders: "figures/delay.svg" */
    char *octets;
    size_t len;
};

/* {0} is an empty one. */
struct file_set {
    struct set_file *files;
    size_t n_files;
};

/* Copies `name`, takes `octets` (from malloc). */
void file_set_add(struct file_set *set, const char *name, char *octets, size_t len);

/* The file of that name; NULL: none. */
const struct set_file *file_set_find(const struct file_set *set, const char *name);

/* Wipes the octets, which may be keys, and frees them. */
void file_set_fini(struct file_set *set);

#endif
