// The gap: what the latency of a model has beyond the hot loops of its computing steps, by cause.
// The parts add up to the measured latency. What the prediction accounts for is in all but the
// last of them, so that `unexplained` is measured minus predicted.
#ifndef PREDICT_GAP_H
#define PREDICT_GAP_H

#include "predict/predict.h"

// One brick of the model, in order.
struct gap_brick {
    int n_steps;
    bool moves;     // its steps compute nothing: reorders, concatenations, transpositions
    double time_ns; // at the model's reuse distance
    double hot_ns;  // hot loop; 0: not known
};

struct gap {
    double measured_ns;
    double computing_ns;   // hot loops of the bricks that compute, without dispatch
    double dispatch_ns;    // calling the steps and waking the team
    double cache_ns;       // computing at the model's reuse distance instead of in a hot loop
    double copies_ns;      // bricks that only move, without dispatch
    double delays_ns;      // from outside, as often as they come (draw.h)
    double unexplained_ns; // measured minus all of these
};

// dispatch_ns: of one step; a brick counts at most its own time as dispatch.
struct gap gap_explain(double measured_ns, double dispatch_ns, double delays_ns, int n,
                       const struct gap_brick *bricks);

// The same of a prediction without missing bricks, from a suite's model.
struct gap gap_of(double measured_ns, const struct prediction *p, const struct suite *s,
                  double dispatch_ns);

#endif
