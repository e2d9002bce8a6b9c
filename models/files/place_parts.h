/* place_parts.h - what the files of place.h share. */
#ifndef ESPSIM_FILES_PLACE_PARTS_H
#define ESPSIM_FILES_PLACE_PARTS_H

#include "models/files/place.h"

enum {
    PLACE_LOOKS = 3,         /* at what another espsim may be changing at this moment */
    PLACE_TRY_NS = 20000000, /* between two of them */
};

/* Closes it, if it is open. */
void place_let_go(int *fd);

/* Exchanges the temporary folder, whose manifest is written, with what is there, and removes that; where nothing is
 * there, gives it its name. False: as place_finish. */
bool place_swap(struct place *p, struct err *e);

#endif
