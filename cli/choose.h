// bench --choose: compares the implementations that bricks could be run by, and keeps in the cache
// the record of the one that counts from now on. Model by model: a few visits of all show which
// may be faster than what the cache has; more visits of that one and of the incumbent, which are
// the samples that are kept, decide. What was compared is in the record, so that it is not
// compared again unless the incumbent or what there is to choose from has changed.
#ifndef CLI_CHOOSE_H
#define CLI_CHOOSE_H

#include "cli/agenda.h"
#include "cli/table.h"

// A brick whose implementations were compared.
struct chosen {
    const struct brick *brick;
    char before[128], after[128]; // implementation
    int n_tried;                  // with the incumbent
    double ratio;                 // time with the one over that with the other; 1: it stays
};

struct choosing {
    int n, n_changed, capacity;
    struct chosen *chosen;
    double largest_gain, mean_gain; // of models' expected time
    const char *largest_model;      // which gains most
    bool stopped;                   // before all were compared
};

// Within half of --budget, which began at start_s. The scope needs neither demands nor
// footprints. What was decided is in the cache, after a failure too. Release in any case.
int choose_run(struct choosing *c, const struct scope *scope, double start_s, struct error *err);
void choosing_release(struct choosing *c);

// A table of what was compared, for people only of what has changed; release it.
void choosing_table(const struct choosing *c, const struct options *o, struct table *t);

#endif
