/* collide_blocks.h - work cut into blocks that do not know of each other, done by some threads. */
#ifndef ESPSIM_ANALYSIS_COLLIDE_BLOCKS_H
#define ESPSIM_ANALYSIS_COLLIDE_BLOCKS_H

#include "models/base/err.h"

#include <stddef.h>

/* Does block number `block`: reads what is shared, writes the block's own result. */
typedef bool block_work(void *shared, size_t block, struct err *e);

/* Runs every block once; which thread does which is chance, so nothing may hang on it. False: a block failed; `e` is
 * that of the first failed block by number. */
bool blocks_run(block_work *work, void *shared, size_t n_blocks, unsigned n_jobs, struct err *e);

#endif
