// Lowering: from a node to the ops of its kernel. Each lower_<name> of ops.def describes one
// primitive; emit_with_posts finds the best way to run it with the node's posts (fused, or as ops
// of their own); where oneDNN has nothing but "ref", a loop of our own is emitted instead.
#ifndef RUNNER_LOWER_H
#define RUNNER_LOWER_H

#include "runner/dnnl_compat.h"
#include "runner/kernel.h"
#include "runner/loops.h"
#include "runner/loops_map.h"

// ---- operands -----------------------------------------------------------------------------

// A tensor and where it lies while the kernel runs.
struct operand {
    struct place place;
    struct tensor t;
};

// What is done to a result before it is stored.
struct fused {
    enum prim_post_kind kind;
    dnnl_alg_kind_t alg;    // undefined: a function that oneDNN does not have
    enum map map;           // the function where alg is undefined
    float alpha, beta;      // eltwise
    struct operand operand; // binary: of dst's rank
};

enum { MAX_FUSED = MAX_POSTS + 3 }; // Gemm adds up to three of its own

struct lowering {
    const struct engine *engine;
    const struct graph *g;
    const struct node *n;
    struct kernel *k;
    struct error *err;
    struct operand dst;
    int n_posts;
    struct fused posts[MAX_FUSED];
    // What a convolution or product is to be run by; NULL: by the rule.
    const char *only;
    // Receives the names of all that could run it, which is then not emitted; NULL: nobody asks.
    struct kernel_names *offers;
};

// Lowers a node with `only` and `offers` as they are above.
struct kernel *kernel_lower(const struct engine *engine, const struct graph *g,
                            const struct node *node, const char *only, struct kernel_names *offers,
                            struct error *err);

struct place place_of(int operand);
bool lowering_has(const struct lowering *l, int src); // source of the operator itself is given
bool lowering_is_weight(const struct lowering *l, int src);
// Number `operand` of the node's srcs then dsts. Where both layouts put the bytes of a spatial
// step's operand at the same places, it counts as channels-last like the others.
struct operand lowering_operand(const struct lowering *l, int operand);

// Source `src` with ones in front to dst's rank. A weight whose bytes would lie in another order
// than dst's is packed to dst's layout. False if its layout cannot be aligned.
bool lowering_align(struct lowering *l, int src, struct operand *aligned);

// Gives the descriptor to the kernel and returns it; NULL stays NULL.
const struct md *lowering_keep(struct lowering *l, struct md *md);

// Where operand `src`, which lies as `plain`, can be read as `packed`: a weight is packed once, and
// anything else reordered at each run. False if oneDNN cannot.
bool lowering_packed(struct lowering *l, int src, const struct md *plain, const struct md *packed,
                     struct place *place);

// Memory from one op of the kernel to the next.
struct place lowering_temporary(struct lowering *l, size_t bytes);

// Returns -1 with a message that names the step, its tensors and the reason.
int unsupported(const struct lowering *l, const char *reason);

// ---- ops ----------------------------------------------------------------------------------

// A primitive and where its arguments lie.
struct step_spec {
    struct prim_spec prim;
    struct place place[MAX_PRIM_ARGS];
    const struct md *plain[MAX_PRIM_ARGS]; // order in which the argument lies, if to be packed
    const struct rearrangement *rearranged[MAX_PRIM_ARGS]; // what is done to it before
    struct operand dst;
    bool reshaped; // dst's descriptor has not the shape of dst.t: binary posts cannot be fused
};

void step_bind(struct step_spec *s, int arg, const struct md *md, struct place place);
void step_bind_operand(struct lowering *l, struct step_spec *s, int arg, const struct operand *o);
void step_bind_packed(struct step_spec *s, int arg, const struct md *any, const struct md *plain,
                      int src);
// The same for what has to be rearranged before, to lie as `plain`.
void step_bind_rearranged(struct step_spec *s, int arg, const struct md *any,
                          const struct md *plain, const struct rearrangement *rearranged, int src);

bool has_post(enum prim_post_kind kind, int n, const struct fused *posts);

// Emit an op and what follows. All return false, with no op added, if oneDNN has nothing for it
// but "ref"; a loop is always there.
bool emit_with_posts(struct lowering *l, const struct step_spec *s, int n,
                     const struct fused *posts);
// The same, but only for generated code that takes all posts.
bool emit_generated(struct lowering *l, const struct step_spec *s, int n,
                    const struct fused *posts);
// One of these two, but with the implementation that is wished, or to no effect but that all there
// are are offered.
typedef bool emitter(struct lowering *l, const struct step_spec *s, int n,
                     const struct fused *posts);
bool emit_by_choice(struct lowering *l, struct step_spec *s, emitter *emit, int n,
                    const struct fused *posts);
bool emit_eltwise(struct lowering *l, const struct fused *f, const struct operand *src,
                  const struct operand *dst, int n, const struct fused *posts);
bool emit_binary(struct lowering *l, dnnl_alg_kind_t alg, const struct operand *a,
                 const struct operand *b, const struct operand *dst, int n,
                 const struct fused *posts);
// Along one dimension; src may be dst.
bool emit_softmax(struct lowering *l, dnnl_alg_kind_t alg, const struct operand *src,
                  const struct operand *dst, int axis, int n, const struct fused *posts);
// Of the innermost dimension, in place; a line of -INFINITY only becomes 0.
bool emit_blind_softmax(struct lowering *l, const struct operand *rows);
// A loop over src (as many as the function has sources) of dst's rank; parameters may be NULL.
// Posts on floats run with it in one pass. False if there is none for these types.
bool emit_map(struct lowering *l, enum map map, const double *parameters, const struct operand *src,
              const struct operand *dst, int n, const struct fused *posts);
void emit_loop(struct lowering *l, const struct loop *loop, const void *params, size_t params_bytes,
               int n_args, const struct place *args);
// The last of the loop's arguments is its result, which is `dst`.
bool emit_loop_with_posts(struct lowering *l, const struct loop *loop, const void *params,
                          size_t params_bytes, int n_args, struct place *args,
                          const struct operand *dst, int n, const struct fused *posts);

// ---- shared by several lowerings ----------------------------------------------------------

// Reads posts of the node into l->posts.
int lowering_read_posts(struct lowering *l);
// oneDNN's name of a unary or binary operator; dnnl_alg_kind_undef if it has none.
dnnl_alg_kind_t alg_of_op(enum op op);
// The instruction set that loops are run with.
enum loop_isa lowering_isa(const struct lowering *l);

// Batches of matrices, in the last two dimensions, and where their elements lie.
struct matrices {
    int rank;
    int64_t dims[MAX_RANK], strides[MAX_RANK];
};
void matrices_swap(struct matrices *m, int i, int j); // two dimensions
void matrices_set_rank(struct matrices *m, int rank); // ones in front
const struct md *matrices_md(struct lowering *l, const struct matrices *m);

// Copies src to dst; index[i], where it is not NULL, says for every position of dst along dimension
// i which of src's lies there, or LOOP_FILL for `fill`.
int lower_choice(struct lowering *l, const int64_t *const *index, double fill);

// The windows of a convolution or pooling, per spatial dimension. A dilation of 1 is none.
// lowering_window reads all from the node but the kernel's extent, if that is given.
struct window {
    int n;
    int64_t kernel[3], strides[3], dilations[3], begin[3], end[3];
};
void lowering_window(const struct lowering *l, const int64_t *kernel, struct window *w);
void window_to_prim(const struct window *w, struct prim_spec *p);
void window_to_loop(const struct window *w, const struct tensor *src, const struct tensor *dst,
                    struct loop_window *loop);

// A recurrent network by our own loop, which covers what oneDNN's primitives do not; and whether it
// is faster than they are.
int lower_rnn_loop(struct lowering *l);
bool rnn_loop_is_faster(const struct lowering *l);

// True if the bytes lie [n][spatial...][channels], as our loops want them.
bool channels_innermost(const struct tensor *t);

// ---- lowerings of ops.def -----------------------------------------------------------------
typedef int lower_function(struct lowering *l);
#define OP(name, srcs, dsts, attrs, shape, fold, layout, work, lower, ...) LOWER_FUNCTION(lower)
#define LOWER_FUNCTION(lower) lower_function lower_##lower;
#include "bricks/ops.def"
#undef OP
#undef LOWER_FUNCTION

#endif
