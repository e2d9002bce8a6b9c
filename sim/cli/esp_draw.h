/* esp_draw.h - a packet drawn in the terminal: its parts as boxes, its fields as rows, what each part costs, and what
 * came out. At most 80 columns, no colour, ASCII. */
#ifndef ESPSIM_CLI_ESP_DRAW_H
#define ESPSIM_CLI_ESP_DRAW_H

#include "models/ipsec/drop.h"
#include "models/ipsec/sa.h"

#include <jansson.h>
#include <stdio.h>

/* A packet on the link and what is known of it. All is borrowed. */
struct drawing {
    uint64_t number; /* of the packet in its capture, from 1; 0: it is in none */
    const uint8_t *packet;
    size_t len;
    const struct sa *sa; /* NULL: none was found */
    enum drop verdict;
    const char *why;     /* the verdict in words */
    uint64_t seq;        /* where an SA was found */
    const uint8_t *text; /* decrypted payload, padding and trailer; NULL: not decrypted */
    size_t text_len;
    const uint8_t *inner; /* what came out; NULL where the packet was refused */
    size_t inner_len;
};

void esp_draw(FILE *to, const struct drawing *d);

/* The same as an object; the caller takes the reference. */
json_t *esp_draw_json(const struct drawing *d);

#endif
