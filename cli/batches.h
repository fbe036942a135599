// Benching in batches: the most valuable tasks of the agenda and all others of the models that hold
// them, as they share the surrogate models; then the agenda is made anew. What turns out noisy
// comes back, once all that is worth more is timed.
#ifndef CLI_BATCHES_H
#define CLI_BATCHES_H

#include "cli/agenda.h"
#include "cli/measure.h"
#include "cli/progress.h"

struct batches {
    struct measure *measure;
    const struct scope *scope;
    struct pace pace;
    struct agenda agenda; // of now
    int n;                // batches so far
    int n_idle;           // since the agenda last became shorter
    int64_t now_s;        // as the run began: what is old does not become more
    double batch_s;       // what the batch in work is expected to take
    struct progress progress;
};

// The agenda as it is before anything is timed.
void batches_init(struct batches *b, struct measure *m, const struct scope *scope,
                  const struct pace *pace);
void batches_release(struct batches *b);

// Until nothing is left to do, the budget is over or the user interrupts. What was timed is in the
// cache, after a failure too.
int batches_run(struct batches *b, struct error *err);

#endif
