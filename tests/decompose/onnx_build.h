// ONNX files for tests, written field by field so that they can be as wrong as a test needs.
#ifndef TESTS_ONNX_BUILD_H
#define TESTS_ONNX_BUILD_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

// Protocol buffers' fields, appended to a message.
void put_varint(struct str *s, uint64_t value); // without a field number
void put_int(struct str *s, uint32_t number, uint64_t value);
void put_bytes(struct str *s, uint32_t number, const void *data, size_t bytes);
void put_text(struct str *s, uint32_t number, const char *text);
void put_message(struct str *s, uint32_t number, struct str *message); // which is released

// A TensorProto with raw_data; dims as "2,3".
void put_tensor(struct str *s, uint32_t number, const char *name, int onnx_type, const char *dims,
                const void *data, size_t bytes);

// Appends to a GraphProto what a text says, statements separated by '|':
//   in NAME DIMS           f32; a dimension is a number, a name or '?'
//   out NAME
//   weight NAME DIMS       f32, all zero bytes
//   OP NAME SRCS DSTS [ATTRIBUTE ...]    lists with commas, '-' for an omitted one;
//                          OP may be DOMAIN:OP, an attribute is name=T:value with T one of
//                          i, f, s, is, fs, ss, ref (to an attribute of the function's call) and
//                          g (a graph in one word: ';' for '|', '~' for ' '); NAME '-' leaves
//                          the name out
void put_graph(struct str *graph, const char *text);

// An input (11) or output (12) of a graph.
void put_typed_port(struct str *graph, uint32_t number, const char *name, int onnx_type,
                    const char *dims);

// A local function of a model: lists with commas, and nodes as in put_graph.
void put_function(struct str *model, const char *domain, const char *name, const char *inputs,
                  const char *outputs, const char *nodes);

// A ModelProto of IR version 8 and opset 13 around the graph, which is released.
void put_model(struct str *model, struct str *graph);

#endif
