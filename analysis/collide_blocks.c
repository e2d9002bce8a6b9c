#include "analysis/collide_blocks.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct crew {
    block_work *work;
    void *shared;
    size_t n_blocks;
    atomic_size_t next;
    pthread_mutex_t lock; /* of the two below */
    size_t failed;        /* the first failed block, n_blocks: none */
    struct err err;
};

static void *work_on(void *crew_of)
{
    struct crew *crew = crew_of;
    for (size_t block; (block = atomic_fetch_add(&crew->next, 1)) < crew->n_blocks;) {
        struct err e;
        if (crew->work(crew->shared, block, &e))
            continue;
        pthread_mutex_lock(&crew->lock);
        if (block < crew->failed) {
            crew->failed = block;
            crew->err = e;
        }
        pthread_mutex_unlock(&crew->lock);
    }
    return NULL;
}

bool blocks_run(block_work *work, void *shared, size_t n_blocks, unsigned n_jobs, struct err *e)
{
    struct crew crew = {.work = work, .shared = shared, .n_blocks = n_blocks, .failed = n_blocks};
    pthread_mutex_init(&crew.lock, NULL);
    pthread_t *threads = calloc(n_jobs, sizeof *threads);
    unsigned n_started = 0;
    /* This thread works, too; a thread that cannot be had is only a thread fewer. */
    while (threads && n_started + 1 < n_jobs && !pthread_create(&threads[n_started], NULL, work_on, &crew))
        n_started++;
    work_on(&crew);
    for (unsigned i = 0; i < n_started; i++)
        pthread_join(threads[i], NULL);
    free(threads);
    pthread_mutex_destroy(&crew.lock);
    if (crew.failed < n_blocks && e)
        *e = crew.err;
    return crew.failed == n_blocks;
}
