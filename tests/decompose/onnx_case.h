// Reading a model that a test has built: through a file in a folder of the test's own.
#ifndef TESTS_ONNX_CASE_H
#define TESTS_ONNX_CASE_H

#include "decompose/decompose.h"
#include "tests/decompose/onnx_build.h"

// Before and after each test.
int onnx_case_setup(void **state);
int onnx_case_teardown(void **state);

// What onnx_read makes of a ModelProto, of a GraphProto or of a text for put_graph. Messages are
// released; options and notes may be NULL.
struct graph *onnx_case_model(struct str *model, const struct decompose_options *options,
                              struct notes *notes, struct error *err);
struct graph *onnx_case_graph(struct str *graph, const struct decompose_options *options,
                              struct notes *notes, struct error *err);
struct graph *onnx_case_text(const char *text, const struct decompose_options *options,
                             struct notes *notes, struct error *err);

// The graph of a text that must be read.
struct graph *onnx_case_good(const char *text);
void onnx_case_release(struct graph *g);

// There must be no graph, and a message of the file's path and then `expected`.
void onnx_case_refused(struct graph *g, const struct error *err, const char *expected);

// The value of that name, which must be there.
int onnx_case_value(const struct graph *g, const char *name);

#endif
