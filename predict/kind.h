// Kinds of bricks: what bricks have in common whose times change alike from machine to machine. And
// what a brick that was not timed is compared by: its work, and its family, the bricks that are the
// same at another batch size.
#ifndef PREDICT_KIND_H
#define PREDICT_KIND_H

#include "bricks/brick.h"
#include "bricks/probe.h"

enum { KIND_NAME = 48 };

struct kind {
    char name[KIND_NAME]; // "Conv 1x1": of the step with the most work
    double flops, bytes, parameters;
    char *family; // the canonical text with N for the batch size
    double batch; // leading dimension of the first input; 1 if there is none
};

void kind_init(struct kind *k, const struct brick *brick);
void kind_release(struct kind *k);

// What a brick of this kind takes at a footprint where nothing but the machine's peak, its caches
// and memory and the cost of a step limit it: weights come from where so many bytes fit, and what
// neighbours have just written, or read next, from where the brick's own fit.
double kind_roofline_ns(const struct kind *k, double footprint, const struct probe *probe);

#endif
