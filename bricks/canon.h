// Canonical text: one line that holds all that influences the run time of a graph of steps, and
// nothing else. Two bricks are the same exactly if their texts are.
//
//   dlb1 Conv i0:f32:1x64x56x56:last w:f32:64x64x3x3 w:f32:64 strides=1,1 pads=1,1,1,1
//   dilations=1,1 group=1 +Relu > f32:1x64x56x56:last | MaxPool s0:f32:... ... > ... | out s1
//
// (one line; folded here). Steps are separated by " | ". A source is i<k> (input k of the brick),
// s<k> (result of step k; s<k>.<j> for its output j > 0), w (a weight of its own), w<k> (the k-th
// weight of the brick again) or - (omitted), and the tensor as this step sees it, so that views
// need no step. Then the timed attributes in the order of attrs.def, `inplace`, and the posts:
// +Relu, or +Add=<source>, +Sum=<source> for one that is accumulated into its operand. After ">"
// the tensors of the outputs. Last the live outputs.
//
// Left out: names, weight values, position, epsilon and other floats that cannot change the time.
// Inputs are numbered by first use, steps stand in a canonical order that depends only on the
// graph's structure, operands of commutative operators are ordered.
#ifndef BRICKS_CANON_H
#define BRICKS_CANON_H

#include "bricks/graph.h"

enum { CANON_FORMAT = 1, SIGNATURE_SIZE = 65 };

// Order in which the nodes of g are written: fills order[g->n_nodes]. Depends on structure only.
void canon_order(const struct graph *g, int *order);

// Writes the canonical text of a graph whose nodes, inputs and outputs already stand in canonical
// order (see brick_extract); appends to out.
void canon_print(const struct graph *g, struct str *out);

// Reads a canonical text back. Returns a graph that the caller frees with graph_release and free;
// NULL with a message that names the column of the first thing that is wrong. Safe on any input.
struct graph *canon_parse(const char *text, struct error *err);

// SHA-256 of the text as 64 hex digits and a terminator.
void signature_of(const char *text, char out[SIGNATURE_SIZE]);

// Appends text to the name in a buffer of `size` bytes. A name that does not fit is cut and ends
// with '#' and 8 digits of the whole text's signature, so that different names stay different.
void name_append(char *name, size_t size, const char *text);

#endif
