// Operators and attributes: the enums and the columns of ops.def and attrs.def that everyone may
// read. Folders that implement a column expand ops.def themselves.
#ifndef BRICKS_OP_H
#define BRICKS_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum op {
#define OP(name, ...) OP_##name,
#include "bricks/ops.def"
#undef OP
    N_OPS
};

enum attr_key {
#define ATTR(name, kind, timed) ATTR_##name,
#include "bricks/attrs.def"
#undef ATTR
    N_ATTRS
};

enum attr_kind { ATTR_KIND_int, ATTR_KIND_float, ATTR_KIND_ints, ATTR_KIND_floats };

// The numbers that attributes keep for ONNX's words.
enum word {
#define WORD(key, number, name, text) WORD_##key##_##name = (number),
#include "bricks/words.def"
#undef WORD
};

enum op_layout {
    OP_LAYOUT_spatial,
    OP_LAYOUT_follow,
    OP_LAYOUT_row,
    OP_LAYOUT_view,
    OP_LAYOUT_gone,
};

struct op_info {
    const char *name;       // ONNX's spelling
    int min_srcs, max_srcs; // max -1: any number
    int max_dsts;
    const char *attrs; // names, separated by spaces
    enum op_layout layout;
    const char *lower;  // how it runs: the lowering's name, or "none"
    int version;        // of our own loop, for what oneDNN has no optimised kernel for; 0: none
    const char *domain; // operator set in ONNX files: "" ONNX's own; NULL: a step kind of ours
};

struct attr_info {
    const char *name;
    enum attr_kind kind;
    bool timed; // stands in the canonical text
};

const struct op_info *op_info(enum op op);
int op_from_name(const char *name, size_t n); // enum op, or -1 if there is none
bool op_has_attr(enum op op, enum attr_key key);
bool op_is_commutative(enum op op);
int op_first_opset(enum op op); // of its domain (opsets.def); 0 for step kinds of ours
// The last version of ONNX's own operators whose changes are known to us (ONNX 1.19).
enum { NEWEST_OPSET = 24 };
// Element by element, so that the result may take the place of a source.
bool op_is_elementwise(enum op op);

const struct attr_info *attr_info(enum attr_key key);
int attr_from_name(const char *name, size_t n); // enum attr_key, or -1 if there is none
// True for an attribute that ONNX writes as words (words.def) and we as their numbers.
bool attr_has_words(enum attr_key key);
// False for a number that is none of the words of an attribute that has words.
bool attr_allows(enum attr_key key, int64_t number);
// ONNX's word for it, NULL if there is none.
const char *attr_word(enum attr_key key, int64_t number);
// The number of a word of n characters that the attribute may hold, whatever its case, or -1.
int attr_word_number(enum attr_key key, const char *text, size_t n);

#endif
