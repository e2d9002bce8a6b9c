/* choices.h - families that only settings choose from; the code that obeys them compares names or indexes. */
#ifndef ESPSIM_CONFIG_CHOICES_H
#define ESPSIM_CONFIG_CHOICES_H

#include "models/base/family.h"

extern const struct family congestion_family; /* TCP congestion controls, by ns-3 */

#endif
