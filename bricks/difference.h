// How two canonical texts differ, field by field. The fields of a step are `op`, its sources
// `src0`, `src1`, ..., its attributes by their names, `inplace`, its posts `+0`, `+1`, ..., and its
// results `dst0`, ...; those of the second step and later ones have `step1.` and so on in front.
#ifndef BRICKS_DIFFERENCE_H
#define BRICKS_DIFFERENCE_H

#include <stdbool.h>

#include "base/str.h"

// Adds "strides 2,2, not 1,1; dst0 ..., not ...": the fields of `text` that `other` has otherwise;
// nothing if the texts are the same. `none` stands for a field that one of the two lacks.
void text_difference(const char *text, const char *other, struct str *out);

// Measures from one text to many. The text must outlive the ruler.
struct text_ruler;
struct text_ruler *text_ruler_new(const char *text);
void text_ruler_free(struct text_ruler *r);

// 0 for equal texts; the more fields differ, and the farther their numbers are apart, the larger.
// Another operator is farther than any attributes and shapes usually are. Of texts that are at
// least `limit` apart no more is said than that: some value from there on.
double text_distance(struct text_ruler *from, const char *to, double limit);

// Texts whose first operators differ are at least so far apart.
enum { OPERATOR_DISTANCE = 1000 };
bool text_same_first_operator(const struct text_ruler *from, const char *to);

#endif
