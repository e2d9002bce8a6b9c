#include "sim/run/interrupt.h"

#include <signal.h>
#include <stddef.h>

static const int signals[] = {SIGHUP, SIGINT, SIGTERM};

enum { N_SIGNALS = sizeof signals / sizeof *signals };

static struct sigaction before[N_SIGNALS];
static volatile sig_atomic_t came;

static void remember(int signal)
{
    came = signal;
}

void interrupt_begin(void)
{
    struct sigaction ours = {.sa_handler = remember};
    came = 0;
    for (size_t i = 0; i < N_SIGNALS; i++) {
        sigaction(signals[i], NULL, &before[i]);
        if (before[i].sa_handler != SIG_IGN) /* nohup, and jobs in the background of a script */
            sigaction(signals[i], &ours, NULL);
    }
}

bool interrupt_is_pending(void)
{
    return came != 0;
}

void interrupt_forget(void)
{
    for (size_t i = 0; i < N_SIGNALS; i++)
        sigaction(signals[i], &before[i], NULL);
}

void interrupt_end(void)
{
    interrupt_forget();
    if (came)
        raise(came);
}
