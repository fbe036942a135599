// A graph of tensors and nodes in static single assignment: a model as read, the same model as
// fused steps, or one brick. Values are numbered, nodes refer to them by number; nodes stand in
// topological order once graph_sort has run. The graph owns all its memory in one arena.
#ifndef BRICKS_GRAPH_H
#define BRICKS_GRAPH_H

#include "base/error.h"
#include "base/memory.h"
#include "bricks/op.h"
#include "bricks/tensor.h"

enum { NONE = -1, MAX_POSTS = 4 };
// Sources of a Max, Min or Mean that is one step.
enum { MAX_NARY_SOURCES = 12 };

enum value_kind {
    VALUE_input,  // given by the caller at each run
    VALUE_weight, // constant: initializer or computed from initializers only
    VALUE_node,   // output of a node
};

struct value {
    const char *name; // in the source model; NULL for one we made
    enum value_kind kind;
    struct tensor t;
    int producer;     // node; NONE for inputs and weights; kept by graph_index
    int n_uses;       // sources of nodes that are this value, views included, plus model outputs
    int turned_from;  // of a weight: the matrix of which this is the transpose, or NONE
    int view_of;      // value whose bytes this one shows with another shape; NONE if its own
    const void *data; // contents in t's type and layout; NULL if not known or not loaded
    struct recipe *recipe; // how decompose/ would compute them, before somebody asks; else NULL
};

struct attr {
    enum attr_key key;
    int n; // ints and floats only
    union {
        int64_t i;
        float f;
        const int64_t *ints;
        const float *floats;
    } u;
};

// What a step does with its result before storing it, in order.
struct post {
    enum op op;        // Relu, Clip, Sigmoid, ... or Add, Mul with a second operand
    int src;           // second operand: index into the node's src; NONE for unary
    bool accumulate;   // Add only: dst takes the place of the operand, which dies here
    float alpha, beta; // Clip: min, max; LeakyRelu, Elu: alpha
};

struct node {
    enum op op;
    const char *name;    // of the source layer; NULL for a step we made
    const char *op_type; // OP_Unknown: the operator's name in the source model
    int n_src, n_dst;
    int *src; // values; NONE for an omitted optional input; operands of posts come last
    int *dst; // values; NONE for an unused optional output
    int n_attrs;
    struct attr *attrs;
    int n_posts;
    struct post posts[MAX_POSTS];
    bool inplace; // dst takes the place of src[0], which dies here
    int n_layers;
    const char **layers; // names of all source layers that became this step, itself first
    const char *reason;  // OP_Unknown: why it cannot be modelled
    int n_bodies;        // of If: then and else; of Loop: one; gone after shape inference
    struct graph **bodies;
    int n_captured; // sources, the last ones: values around the bodies that these use
};

// A node of the source model that is no step, because dlbricks does not have its operator or
// because its shapes depend on data.
struct unmodelled {
    const char *layer;  // its name
    const char *op;     // its operator
    const char *reason; // complete sentence
    int64_t bytes;      // guess of what it reads and writes (decompose/unmodelled.c)
};

struct graph {
    struct arena arena;
    const char *name;
    int64_t opset; // of the default ONNX domain; 0 in steps and bricks
    int n_values, values_capacity;
    struct value *values;
    int n_nodes, nodes_capacity;
    struct node *nodes;
    int n_inputs, inputs_capacity;
    int *inputs; // values, in the model's order
    int n_outputs, outputs_capacity;
    int *outputs; // values, in the model's order
    int n_bodies, bodies_capacity;
    struct graph **bodies; // of its nodes; each belongs to the graph
    int64_t body_bytes;    // of a body: weights that it holds, of an If in it those of one branch
    int n_unmodelled, unmodelled_capacity;
    struct unmodelled *unmodelled; // in the order of graph_sort: causes come first; texts in the
                                   // arena
};

void graph_init(struct graph *g);
void graph_release(struct graph *g);

// Adds a value and returns its number. Names are copied. The tensor may be NULL (not known yet).
int graph_add_value(struct graph *g, enum value_kind kind, const char *name,
                    const struct tensor *t);
// Adds an input value and lists it among the inputs.
int graph_add_input(struct graph *g, const char *name, const struct tensor *t);
void graph_add_output(struct graph *g, int value);
// Adds an empty graph that belongs to g, for a node's body.
struct graph *graph_add_body(struct graph *g);
// Adds a value that shows the bytes of `of` as tensor t (same number of bytes).
int graph_add_view(struct graph *g, int of, const struct tensor *t);

// Adds a node at the end. Sources and destinations are copied; the pointer is valid until the
// next node is added. Its layer list holds `name` if that is not NULL.
struct node *graph_add_node(struct graph *g, enum op op, const char *name, int n_src,
                            const int *src, int n_dst, const int *dst);

// Adds a copy of node n of another graph at the end of g, with these sources and destinations
// (as many as n has): attributes, posts, inplace and layers come along. Bodies stay with the other
// graph.
struct node *graph_copy_node(struct graph *g, const struct node *n, const int *src, const int *dst);

// Attributes: absent ones read as the fallback (ints, floats: n = 0 and NULL).
int64_t node_int(const struct node *n, enum attr_key key, int64_t fallback);
float node_float(const struct node *n, enum attr_key key, float fallback);
const int64_t *node_ints(const struct node *n, enum attr_key key, int *count);
const float *node_floats(const struct node *n, enum attr_key key, int *count);
bool node_has(const struct node *n, enum attr_key key);
void node_set_int(struct graph *g, struct node *n, enum attr_key key, int64_t i);
void node_set_float(struct graph *g, struct node *n, enum attr_key key, float f);
void node_set_ints(struct graph *g, struct node *n, enum attr_key key, int count,
                   const int64_t *ints);
void node_set_floats(struct graph *g, struct node *n, enum attr_key key, int count,
                     const float *floats);
void node_drop(struct node *n, enum attr_key key);

void node_add_src(struct graph *g, struct node *n, int value);
void node_add_layers(struct graph *g, struct node *n, int count, const char *const *layers);

// Value whose bytes v shows: follows view_of to its end.
int graph_storage(const struct graph *g, int v);
struct tensor *graph_tensor(struct graph *g, int v);

// True if v is constant: a weight, or a view of one.
bool graph_is_weight(const struct graph *g, int v);

// Recomputes producer and n_uses of all values. A view counts as one use of its storage while it
// is itself used.
void graph_index(struct graph *g);
// Puts the nodes in topological order, then indexes. The order depends on the structure only:
// depth first from the outputs, and to the shallower of a node's sources first, so that a shortcut
// runs before the branch that it goes around and the last layer of the branch can add it. Where
// the nodes stood before matters only to those that no output needs, which come last. Fails on a
// cycle or on a value that nothing produces, naming the nodes.
int graph_sort(struct graph *g, struct error *err);
// Drops the nodes marked dead[node] and those whose results nobody uses; then indexes.
void graph_drop_nodes(struct graph *g, const bool *dead);
void graph_drop_unused(struct graph *g);
// Makes every use of value `from` (as source, as view and as output) a use of `to`.
void graph_replace_value(struct graph *g, int from, int to);

#endif
