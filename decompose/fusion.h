// A graph while its nodes are merged. Who uses what stays known, so that a rule costs the same in
// a large graph as in a small one: nodes that vanish are marked, new ones stand at the end, and
// numbers of nodes keep the order in which they run until fusion_finish. Rules change sources
// through these functions only; weights are not counted and may be set at will.
#ifndef DECOMPOSE_FUSION_H
#define DECOMPOSE_FUSION_H

#include "bricks/graph.h"

struct fusion {
    struct graph *g;
    int n_ordered; // nodes that were there at the beginning, in the order they run in
    bool *dead;    // per node
    int dead_capacity;
    int *users; // per value: the nodes that use it, xor-ed; NONE for the model's outputs
    int n_users, users_capacity;
    size_t budget; // bytes of constants that may still be computed
};

// A rule looks at node i, changes the graph or not, and says whether it did.
typedef bool fusion_rule(struct fusion *f, int i);

// Applies the rules to every node, from the first to the last, as long as one of them fits.
// Fails if the graph is no longer one.
int fusion_run(struct graph *g, fusion_rule *const *rules, size_t n_rules, struct error *err);

// The node that alone uses v, once; NONE if there are others or v is an output.
int fusion_user(const struct fusion *f, int v);
// The same for result 0 of node i, if the user is of this kind.
int fusion_user_of_kind(const struct fusion *f, int i, enum op op);
// The node of this kind that gives v as its first result, or NONE.
int fusion_producer(const struct fusion *f, int v, enum op op);
// True if v is known before node i runs. What only moves elements does not count: it stands
// anywhere.
bool fusion_is_earlier(const struct fusion *f, int v, int i);

// Adds a node of one result with tensor t at the end; returns the result.
int fusion_add_node(struct fusion *f, enum op op, int n_src, const int *src,
                    const struct tensor *t);
// The same of constants only: the result is a weight. The budget must have room for it.
int fusion_add_constant(struct fusion *f, enum op op, int n_src, const int *src,
                        const struct tensor *t);
void fusion_set_src(struct fusion *f, int i, int k, int v);
void fusion_add_src(struct fusion *f, int i, int v);
// Node i becomes another one: this operator on these sources, without attributes. What nobody uses
// any more vanishes and leaves its layers to node i.
void fusion_become(struct fusion *f, int i, enum op op, int n_src, const int *src);
// Node i gives a result of shape t, of which its former one is a view.
void fusion_show(struct fusion *f, int i, const struct tensor *t);
// Node `into` gives the only result of node `from`, its user, which vanishes.
void fusion_absorb(struct fusion *f, int into, int from);
// Node `move`, a view or a Transpose, stands before `user`, which alone uses it as source k and
// gives a result of the same shape: now it stands behind.
void fusion_sink(struct fusion *f, int move, int user, int k);

#endif
