// More nodes, for networks that are written in tensors rather than in feature maps. As in layers.h
// each function adds one ONNX node, called "<scope>.<name>", and returns its result; constants that
// it needs are called after it. Where a result's last dimension changes, `channels` follows.
#ifndef DATASETS_NODES_H
#define DATASETS_NODES_H

#include "datasets/layers.h"

// A list of dimensions, axes or places in two arguments: how many, and which.
#define INTS(...)                                                                                  \
    (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (const int64_t[])                   \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

// Sources of the whole graph: x only says which graph, and the scope of the name.
struct maps parameter(struct maps x, const char *name, const char *what, int rank,
                      const int64_t *dims);
struct maps constant(struct maps x, const char *name, enum type type, int rank, const int64_t *dims,
                     const void *contents);
struct maps indices(struct maps x, const char *name, int n, const int64_t *contents);

struct maps unary(struct maps x, const char *name, enum op op);
struct maps binary(struct maps a, const char *name, enum op op, struct maps b);
// x op number, number op x
struct maps with_number(struct maps x, const char *name, enum op op, float number);
struct maps number_with(float number, const char *name, enum op op, struct maps x);
struct maps where(struct maps condition, const char *name, struct maps a, struct maps b);
struct maps matmul(struct maps a, const char *name, struct maps b);
struct maps cast(struct maps x, const char *name, enum type type);
struct maps reduce_mean(struct maps x, const char *name, int64_t axis, bool keep);

struct maps unsqueeze(struct maps x, const char *name, int n, const int64_t *axes);
struct maps squeeze(struct maps x, const char *name, int n, const int64_t *axes);
// Places [from, to) of dimension `axis`; INT64_MAX is its end.
struct maps slice(struct maps x, const char *name, int64_t axis, int64_t from, int64_t to);
// Every second place of dimension `axis`, from `first` on.
struct maps every_second(struct maps x, const char *name, int64_t axis, int64_t first);
// Parts of dimension `axis`, `sizes[k]` long.
void split_into(struct maps x, const char *name, int64_t axis, int n, const int64_t *sizes,
                struct maps *parts);
struct maps join(const char *name, int64_t axis, int n, const struct maps *parts);
// Slices of `table` along `axis`, where the indices say.
struct maps gather(struct maps table, const char *name, int64_t axis, struct maps indices);
// x, of batch 1, once per member of the batch of `like`; the other dimensions are those of x.
struct maps repeat_for(struct maps x, const char *name, struct maps like, int n,
                       const int64_t *others);

// Convolution of [batch, channels, length]. Height and pad of the window are its length's.
struct maps conv1d(struct maps x, const char *name, int64_t channels, struct window w);
// Channels in groups, of maps with so many spatial dimensions; spelled out as exporters do.
struct maps group_norm(struct maps x, const char *name, int groups, int spatial, float epsilon);
// Rows of a table of `rows` by `channels`.
struct maps embedding(struct maps ids, const char *name, int64_t rows, int64_t channels);
// Fully connected layers of `features`, ReLU between them and `last` behind the last one.
struct maps perceptron(struct maps x, const char *name, int n, const int64_t *features,
                       enum activation last);
// A recurrent layer, OP_LSTM or OP_GRU, of [length, batch, channels]: what it gives at every step,
// or only at the last one, [batch, hidden].
struct maps recurrent(struct maps x, const char *name, enum op op, int64_t hidden, bool only_last);

#endif
