// A whole model that is measured, by `validate` and `profile` alike: compiled, then visited again
// and again. Now and then it gets other memory: one placement of weights and activations in
// physical memory may be a few per cent faster or slower than another for as long as it lasts, and
// a prediction is for the median placement. What the visits say is visits_latency.
#ifndef CLI_SUBJECT_H
#define CLI_SUBJECT_H

#include "bricks/suite.h"
#include "runner/visit.h"

struct subject {
    const struct model *model;
    struct graph *graph;
    struct loaded_graph loaded;
    struct visits visits;
    int n_loads;
    double load_s;    // of the last load
    int n_since;      // visits since then
    double visited_s; // in these visits
};

// m is a model of the suite. Fails if the engine cannot run it; nothing is to be released then.
int subject_init(struct subject *s, const struct engine *engine, struct kernel_set *kernels,
                 const struct suite *suite, const struct model *m, struct error *err);
void subject_release(struct subject *s);

void subject_visit(struct subject *s);

// Loads the model anew once it was visited a few times since it was loaded, and for long enough
// that loading is cheap in comparison.
void subject_refresh(struct subject *s);

// A median wants so many visits far apart.
enum { ENOUGH_VISITS = 6 };

#endif
