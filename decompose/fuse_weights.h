// Weights that take in a factor or a per-channel scale and shift. Contents are computed, in double,
// where those of all that goes into them are known; else the new weight has none either.
#ifndef DECOMPOSE_FUSE_WEIGHTS_H
#define DECOMPOSE_FUSE_WEIGHTS_H

#include "bricks/graph.h"

// y = scale * x + shift per channel.
struct affine {
    int64_t channels;
    double *scale; // NULL if the numbers are not known
    double *shift;
};

struct affine affine_of_batchnorm(const struct graph *g, const struct node *norm);
// x * v, if it is a factor, or x + v, of a constant with one number per channel or for all.
struct affine affine_of_constant(const struct graph *g, int v, int64_t channels, bool factor);
void affine_release(struct affine *a);

// Adds a weight: the elements of weight v (f32), of which each `run` in a row are multiplied by
// the next of n numbers of scale (NULL: not known), in turn. Returns its value.
int weight_scaled(struct graph *g, int v, const double *scale, int64_t n, int64_t run);

// Gives node i, a convolution or a product of matrices, weights that scale its result.
void node_scale_weights(struct graph *g, int i, const struct affine *a);

// Gives node i (its source 2 is the bias, if it has one) the bias scale * bias + shift.
void node_shift_bias(struct graph *g, int i, const struct affine *a);

#endif
