// A suite: what decomposing models gives. Unique bricks, and per model its sequence of brick
// instances with layer names and edges. Portable JSON without weights; no model file is needed
// afterwards, and it says nothing of any CPU.
//
// File format (version 1), members in this order:
//   {"dlbricks_suite": 1, "granularity": 1,
//    "bricks": ["canonical text", ...],
//    "models": [{"name": "resnet50", "source": "resnet50.onnx", "dims": {"batch": 1},
//                "inputs": [["data", "f32:1x3x224x224"], ...],
//                "bricks": [[brick, [layer names of each step, joined by '+'],
//                            [[instance, output], ...], [weight ids]?], ...],
//                "outputs": [["prob", "f32:1x1000", instance, output], ...],
//                "unmodelled": [["layer", "NonZero", "reason", bytes], ...]?,
//                "footprint": bytes?}, ...]}
// An edge [-1, k] is the model's input k; otherwise output `output` of an earlier instance. The
// weight ids of an instance are written only where a model uses one weight in several places, the
// list of layers that are not modelled (struct unmodelled) only where there are some, the footprint
// only where the bricks do not tell it (suite_anonymous.h).
#ifndef BRICKS_SUITE_H
#define BRICKS_SUITE_H

#include "bricks/brick.h"

enum { SUITE_FORMAT = 1 };

struct edge {
    int instance; // that produces it; NONE: a model input
    int output;   // which of its outputs, or which model input
};

struct instance {
    int brick; // in the suite's bricks
    int n_steps;
    const char **layers; // per step of the brick: source layer names joined by '+'
    int n_inputs;
    struct edge *inputs; // per input of the brick
    int n_weights;
    const int *weights; // per weight of the brick: number in the model; NULL if none is shared
};

struct port {
    const char *name;
    struct tensor t;
    struct edge from; // outputs only
};

struct model {
    const char *name;   // file name without folder and ending, or the zoo's name
    const char *source; // path as given, or "zoo"
    int n_dims;
    struct {
        const char *name;
        int64_t value;
    } * dims; // symbolic dimensions as bound
    int n_inputs, n_outputs;
    struct port *inputs, *outputs;
    int n_instances;
    struct instance *instances; // in execution order
    int n_layers;               // source layers that became steps: all names in `layers`
    int n_unmodelled;           // source layers that did not
    struct unmodelled *unmodelled;
    double footprint; // of an anonymous model, whose bricks stand for themselves; 0: is theirs
};

struct suite {
    struct arena arena; // owns everything but the bricks
    int granularity;
    int n_bricks, bricks_capacity;
    struct brick **bricks;
    int n_models, models_capacity;
    struct model *models;
    struct text_index *index; // canonical text -> brick
};

void suite_init(struct suite *s, int granularity);
void suite_release(struct suite *s);

// The number of the brick in the suite; takes ownership, frees it if an equal one is there.
int suite_add_brick(struct suite *s, struct brick *brick);

// Adds an empty model; the pointer is valid until the next one is added. Two models of one name
// get "#2" and so on behind it.
struct model *suite_add_model(struct suite *s, const char *name, const char *source);

// Adds a model that is this brick and nothing else; takes ownership of the brick.
void suite_add_alone(struct suite *s, struct brick *brick);

// True if no brick of the model reads what another one has written.
bool model_is_isolated(const struct model *m);

// Fills `to`, which need not be initialised, with the suite's bricks and models in their order, but
// where a model is isolated, each source of floats is written just before, by a Relu.
int suite_accompany(struct suite *to, const struct suite *from, struct error *err);

// Copies the list into the model.
void suite_set_unmodelled(struct suite *s, struct model *m, int n,
                          const struct unmodelled *unmodelled);

// Copies all models of `from` into s. Both must have the same granularity.
int suite_merge(struct suite *s, const struct suite *from, struct error *err);

// Values of a brick's graph that are its weights, in order: fills values (room for the graph's
// n_values; NULL to count only). Returns their number.
int suite_brick_weights(const struct brick *brick, int *values);

// Number of source layers in a step's name list: names joined by '+', "" for none.
int suite_count_layers(const char *joined);

// Reads a file or "-" into s, which need not be initialised. Every number in it is checked: edges
// point backwards, counts and tensors fit the bricks. Anything else is refused with the place in
// the file, and s is empty.
int suite_load(struct suite *s, const char *path, struct error *err);
// True if the file looks like JSON rather than ONNX: its first character that is no space is '{'.
bool suite_is_file(const char *path);
int suite_save(const struct suite *s, const char *path, struct error *err);

// How many unlike bricks a model of the suite has.
int suite_n_unique(const struct suite *s, const struct model *m);

// The whole model as a graph of steps, put together again from its bricks: layer names, views and
// shared weights as they were. The caller frees it with graph_release and free.
struct graph *suite_model_graph(const struct suite *s, const struct model *m);

#endif
