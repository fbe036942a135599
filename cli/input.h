// The models that a command works on: ONNX files, suites ("-" is a suite on standard input), the
// project's own networks ("zoo:resnet50", "zoo:all") and single bricks ("brick:" and the canonical
// text), all in one suite.
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include "bricks/suite.h"
#include "cli/options.h"
#include "datasets/zoo.h"

// Decomposes and merges all arguments with the options' --dim and -G. What cannot be read is
// reported on standard error and left out: then the result is STATUS_failed, and the suite holds
// what could (perhaps no model). Release the suite in either case.
int input_load(const struct options *o, struct suite *s);

// The same for what needs whole models: an anonymous suite takes --key, or is reported and left
// out.
int input_load_whole(const struct options *o, struct suite *s);

// Calls visit for the graph of ONNX nodes of each argument, ONNX file or network of the zoo, as it
// is read: nothing is inferred or folded, open dimensions are 1. Reports like input_load.
typedef void input_visit(void *context, const struct graph *g);
int input_visit_nodes(const struct options *o, input_visit *visit, void *context);

// Calls visit for the network of this name, or for each of this family, task or list, or for all,
// until one fails.
typedef int zoo_visit(const void *context, const struct zoo_entry *entry, struct error *err);
int input_zoo(const char *name, zoo_visit *visit, const void *context, struct error *err);

// The batch size for the project's own networks: --dim batch=N, else 1. Other names mean nothing
// to them: input_note_dims notes those for the networks that `what` names.
int64_t input_batch(const struct options *o);
void input_note_dims(const struct options *o, const char *what);

#endif
