// Windows that slide over the spatial dimensions, as the shape rules of convolutions and poolings
// read them.
#ifndef DECOMPOSE_INFER_WINDOW_H
#define DECOMPOSE_INFER_WINDOW_H

#include "decompose/passes.h"

struct window {
    int n; // spatial dimensions
    int64_t kernel[MAX_SPATIAL], strides[MAX_SPATIAL], dilations[MAX_SPATIAL];
    int64_t pads[2 * MAX_SPATIAL]; // begin of every dimension, then end of every one
};

// Fails if source k does not have 1 to MAX_SPATIAL spatial dimensions.
int check_spatial(const struct graph *g, const struct node *n, int k, struct error *err);

// Fills out[count] from an attribute, or with `fallback` where it is absent.
int window_ints(const struct graph *g, const struct node *n, enum attr_key key, int count,
                int64_t least, int64_t fallback, int64_t *out, struct error *err);

// Strides, dilations and pads of w->n dimensions.
int window_read(struct window *w, const struct graph *g, const struct node *n, struct error *err);

// The kernel is that of the weights; kernel_shape, where given, has to agree.
int window_read_kernel(struct window *w, const struct graph *g, const struct node *n,
                       const struct tensor *weights, struct error *err);

// Elements from the first to the last that the window touches in dimension i.
int64_t window_extent(const struct window *w, int i);

// Writes all attributes of the window in full, and drops what went into them.
void window_write(const struct window *w, struct graph *g, struct node *n);

// Spatial dimensions of dst from those of src, auto_pad and ceil_mode included; dst->dims[0..1]
// and its type are given. Writes the attributes and result 0.
int window_apply(struct window *w, struct graph *g, struct node *n, const struct tensor *src,
                 struct tensor *dst, struct error *err);

#endif
