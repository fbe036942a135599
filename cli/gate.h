// The gate of a CI: whether predictions exceed thresholds that the user gave, --max-ms or
// --fail-above a baseline's latency, and what differs from the baseline. From the cache alone: the
// same records always give the same verdict.
#ifndef CLI_GATE_H
#define CLI_GATE_H

#include "cli/options.h"
#include "cli/table.h"
#include "predict/forecast.h"

struct gate {
    const struct options *o;
    const struct suite *suite;
    int n_models, n_baselines; // in the suite: models, then their baselines
    int n_rules;               // thresholds and baselines; 0: there is no gate
    int n_exceeded, n_unknown; // verdicts; unknown where bricks or machines are missing
    struct table verdicts, changes;
};

// Appends the models of --baseline to the suite: one for all of its models, or one for each.
// Returns STATUS_done, or a status and perhaps a message in err. Release in either case.
int gate_open(struct gate *g, const struct options *o, struct suite *s, struct error *err);
void gate_release(struct gate *g);

// Judges one place.
void gate_check(struct gate *g, const struct forecast *f);

#endif
