// Graphs of ONNX nodes from texts, and graphs of steps as texts, so that cases of the passes are
// data. Statements are separated by '|':
//   opset N                       13 if not given
//   in NAME DIMS [TYPE]           f32 if not given; DIMS as 1x3x8x8, '-' for a scalar
//   weight NAME DIMS              f32, contents not known
//   data NAME DIMS VALUE,...      f32 constant; the last value fills the rest
//   ints NAME DIMS VALUE,...      s64 constant; DIMS 0 and no values: without elements
//   out NAME
//   OP DST[,DST] SRC,... [ATTRIBUTE=VALUE,...] ...     '-' is an omitted one; the node is called
//   DST; values are numbers or ONNX's words, an equation is a text
#ifndef TESTS_GRAPH_TEXT_H
#define TESTS_GRAPH_TEXT_H

#include "bricks/graph.h"

// The caller frees with graph_release and free. Aborts on a text that does not parse.
struct graph *graph_from_text(const char *text);

// The value of that name that is used, or NONE.
int graph_value(const struct graph *g, const char *name);

// One step: OP:LAYERS SRC ... [+POST[=SRC]] [inplace] > DST:DIMS[:last]. A view is SRC~, a value
// without a name is '?', a weight without a name 'w', an accumulated operand has a '!' behind it.
void step_text(const struct graph *g, const struct node *n, struct str *out);

// All steps, separated by " | ".
void steps_text(const struct graph *g, struct str *out);

// A node with its attributes: OP SRC ... [ATTRIBUTE=VALUE,...] ... > TYPE:DIMS ..., with '-' for
// omitted ones.
void node_text(const struct graph *g, const struct node *n, struct str *out);

#endif
