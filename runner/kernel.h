// A kernel: one step, prepared to run on any memory. Lowering (lower_*.c) turns a node into one
// or more ops; an op is a oneDNN primitive or a loop of our own. Kernels are shared: steps that
// are the same in text and in every float use the same kernel (kernel_set).
//
// Which implementation runs is a rule over text, engine and instruction set, so that it is known
// without any record; when it changes, so does the version of brick_loop_version. Another one may be
// wished for by its name: that of the newest record of the step's brick, which `bench --choose` has
// found faster. The kinds of alternatives are oneDNN's further implementations of convolutions and
// products, OpenBLAS for products of f32 matrices (each thread of the team one part), and the team
// for steps so tiny that it costs more than it gains, which the rule runs on one thread ("alone:").
// Before the rule knew of depthwise convolutions, single numbers, few channels and tiny steps, the
// best choice gained 0 to 4 % over it in models of 1 ms and more with two threads; all products by
// OpenBLAS took 18 to 26 % more, by inner product 5 % more.
#ifndef RUNNER_KERNEL_H
#define RUNNER_KERNEL_H

#include "bricks/graph.h"
#include "runner/engine.h"

struct dnnl_primitive;
struct md; // memory descriptor of runner/dnnl_compat.h

// A loop of our own, run by every thread of the team at the same time with its number.
typedef void kernel_loop(const void *params, void *const *args, int thread, int threads);

// Where an argument of an op lies: one of the node's srcs then dsts, or memory of the program.
enum { OPERAND_none = -1, OPERAND_scratchpad = -2, OPERAND_temporary = -3 };
struct place {
    int operand;   // index into the node's srcs then dsts, or OPERAND_*
    size_t offset; // bytes into the temporary
};

struct op_arg {
    int arg;             // DNNL_ARG_*; 0 for loops, which know their arguments by position
    const struct md *md; // owned by the kernel; NULL for loops
    struct place place;
};

enum { MAX_KERNEL_OPS = 16 };

struct kernel_op {
    const char *name;                 // implementation
    struct dnnl_primitive *primitive; // NULL: loop
    kernel_loop *loop;
    const void *params; // of the loop
    int n_args;
    struct op_arg *args;
};

// What is done to contents before they are packed, where no reorder can do it: the gates of a
// recurrent network change places.
struct rearrangement {
    const struct loop *loop; // src dst
    const void *params;
    size_t params_bytes, bytes; // bytes: of the result
};

// How a weight source is stored: rearranged, then packed by a reorder from row-major to what the
// primitive wants.
struct kernel_weight {
    size_t bytes;                           // packed; 0: this source is no weight
    const struct md *packed;                // NULL: as it is, row-major
    const struct md *plain;                 // row-major contents as the reorder sees them
    const struct rearrangement *rearranged; // NULL: they are not
};

// True if random elements will not do as they lie: packing writes more than them.
bool kernel_weight_is_opaque(const struct kernel_weight *w);

// True if one copy of a weight serves both.
bool kernel_weight_same(const struct kernel_weight *a, const struct kernel_weight *b);

// Whether steps of this operator run, and on which element types, for people.
bool kernel_exists(enum op op);
const char *kernel_types(enum op op);
// False for elementwise operators that oneDNN does not have: our own loop runs them.
bool kernel_has_function(enum op op);

struct kernel {
    struct arena arena; // of args, params and weights
    int n_ops;
    struct kernel_op ops[MAX_KERNEL_OPS];
    int n_mds, mds_capacity;
    struct md **mds; // all that ops and weights refer to
    int n_weights;   // sources of the node
    struct kernel_weight *weights;
    size_t scratchpad_bytes;  // shared by all kernels of a program: nothing lives across ops
    size_t temporary_bytes;   // results passed from one op of this kernel to the next
    bool alone;               // its ops run on the calling thread, not on the team
    bool chosen;              // by a wish: the rule gives another implementation
    char implementation[128]; // "brgconv:avx512_core", joined with "+" for several ops
};

// Prepares one node of an indexed graph of steps. `wish` is the name of an implementation, as
// kernels and records have it; NULL, or one that is not to be had: the rule's. On an unsupported
// case returns NULL with a complete message (operator, layer, shapes, reason).
struct kernel *kernel_make(const struct engine *engine, const struct graph *g,
                           const struct node *node, const char *wish, struct error *err);
void kernel_free(struct kernel *k); // NULL is fine

// Distinct names of implementations; what does not fit is left out.
enum { MAX_KERNEL_NAMES = 8 };
struct kernel_names {
    int n;
    char name[MAX_KERNEL_NAMES][128];
};
void kernel_names_add(struct kernel_names *names, const char *name);

// What could be wished for the node other than what the rule gives.
void kernel_alternatives(const struct engine *engine, const struct graph *g,
                         const struct node *node, struct kernel_names *names);

// ---- packing -------------------------------------------------------------------------------

// Bytes beside contents and result that packing wants.
size_t kernel_pack_room(const struct engine *engine, const struct kernel_weight *w);

// Packs weight source `src` from row-major contents into `packed` (k->weights[src].bytes); `room`
// is kernel_pack_room.
int kernel_pack(const struct engine *engine, const struct kernel *k, int src, const void *plain,
                void *packed, void *room, struct error *err);

// Contents need not be there all at once: slices of them are packed one after the other.
struct kernel_slices {
    int64_t rows; // of the contents
    int64_t unit; // a slice has a multiple of that, or reaches to the last row; 0: only the whole
};
struct kernel_slices kernel_slices(const struct kernel_weight *w);

// Packs n rows from row `first` on, which alone are in `plain`.
int kernel_pack_slice(const struct engine *engine, const struct kernel *k, int src, int64_t first,
                      int64_t n, const void *plain, void *packed, struct error *err);

// ---- sets ----------------------------------------------------------------------------------

// Kernels by the text of their step and all its floats; made on first use.
struct kernel_set;
struct kernel_set *kernel_set_new(const struct engine *engine);
void kernel_set_free(struct kernel_set *set); // NULL is fine
// Steps whose text is this node's are run with an implementation of this name where that is to be
// had (see kernel_make). Before the first of them is made; of several wishes the first counts.
void kernel_set_wish(struct kernel_set *set, const struct graph *g, const struct node *node,
                     const char *implementation);
const struct kernel *kernel_set_get(struct kernel_set *set, const struct graph *g,
                                    const struct node *node, struct error *err);
// How many kernels made so far lack what was wished for them; *first describes one of them.
int kernel_set_unmet(const struct kernel_set *set, const char **first);

#endif
