// One model of a validation: compiled as a whole, visited again and again, then judged. Now and
// then it gets other memory: one placement of weights and activations in physical memory may be a
// few per cent faster or slower than another for as long as it lasts, and a prediction is for the
// median placement.
#ifndef CLI_SUBJECT_H
#define CLI_SUBJECT_H

#include "cli/findings.h"
#include "cli/measure.h"
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

// Fails if the engine cannot run the model; nothing is to be released then.
int subject_init(struct subject *s, const struct measure *m, const struct model *model,
                 struct error *err);
void subject_release(struct subject *s);

void subject_visit(struct subject *s);

// Loads the model anew once it was visited a few times since it was loaded, and for long enough
// that loading is cheap in comparison.
void subject_refresh(struct subject *s);

// Visits under a condition in the band; all if it holds everything.
int subject_visits_within(const struct subject *s, struct band band);

// A median wants so many visits far apart.
enum { ENOUGH_VISITS = 6 };

// Fills what was measured, predicted and how far they are apart. Only visits in the band count; all
// do if there is none in it. With fewer than ENOUGH_VISITS says so.
void subject_judge(const struct subject *s, const struct prediction *p, struct band band,
                   struct verdict *out);

#endif
