// oneDNN 2.6 and 3.7 as one interface: every call that differs between the two is in
// dnnl_compat.c or dnnl_describe.c. A primitive is described by a plain struct; what is chosen from
// it is the first implementation that oneDNN does not call "ref", or one by name.
#ifndef RUNNER_DNNL_COMPAT_H
#define RUNNER_DNNL_COMPAT_H

#include <oneapi/dnnl/dnnl.h>
#include <stdbool.h>

#include "bricks/tensor.h"

// ---- memory descriptors -------------------------------------------------------------------
struct md; // owned by whoever made it

struct md *md_strides(enum type type, int rank, const int64_t *dims, const int64_t *strides);
struct md *md_any(enum type type, int rank, const int64_t *dims); // the primitive decides
struct md *md_tensor(const struct tensor *t); // dense, in t's layout; a scalar has one dimension
void md_free(struct md *md);                  // NULL is fine
size_t md_bytes(const struct md *md);
bool md_equal(const struct md *a, const struct md *b);
// More than the elements in some order: only a reorder can fill it (weights of recurrent networks).
bool md_is_opaque(const struct md *md);

// The outermost dimension of a strided descriptor if the elements lie dense in slices along it, and
// their number; NONE if not.
int md_outermost(const struct md *md, int64_t *n);
// Elements [first, first + n) along dimension d, in the same memory. NULL if blocks do not allow
// it.
struct md *md_slice(const struct md *md, int d, int64_t first, int64_t n);

// A memory object that shows `handle`, which may be NULL until it is set. NULL on failure.
dnnl_memory_t md_memory(const struct md *md, dnnl_engine_t engine, void *handle);

// ---- primitives ---------------------------------------------------------------------------
enum prim {
    PRIM_convolution,
    PRIM_deconvolution, // weights as those of a convolution from src to dst
    PRIM_inner_product,
    PRIM_matmul,
    PRIM_pooling,
    PRIM_softmax,
    PRIM_lrn,
    PRIM_batch_normalization, // inference: mean, variance, scale and shift are sources
    PRIM_layer_normalization, // over the last dimension; scale and shift may be absent
    PRIM_lstm,                // one layer: [t, n, c], weights [layer, direction, in, gate, out]
    PRIM_gru,
    PRIM_lbr_gru, // linear before reset
    PRIM_vanilla_rnn,
    PRIM_eltwise,
    PRIM_binary,
    PRIM_reorder,
    N_PRIMS
};

enum { MAX_PRIM_ARGS = 10 };

struct prim_arg {
    int arg;             // DNNL_ARG_*
    const struct md *md; // may be `any` for weights
};

struct prim_spec {
    enum prim prim;
    dnnl_alg_kind_t alg; // of convolutions, pooling, softmax, lrn, vanilla rnn, eltwise, binary
    int n_args;
    struct prim_arg args[MAX_PRIM_ARGS];
    // Convolutions and pooling, per spatial dimension; a dilation of 0 is none.
    dnnl_dims_t strides, dilations, kernel, pads_begin, pads_end;
    int axis;          // softmax
    int64_t size;      // lrn
    float alpha, beta; // eltwise, lrn, vanilla rnn
    float k;           // lrn
    float epsilon;     // batch and layer normalization
    dnnl_rnn_direction_t direction;
    bool any_implementation; // even "ref": for packing outside the clock
    const char *only;        // no implementation but that of this name; NULL: the rule's
};

enum prim_post_kind { PRIM_POST_eltwise, PRIM_POST_binary, PRIM_POST_sum };

struct prim_post {
    enum prim_post_kind kind;
    dnnl_alg_kind_t alg;
    float alpha, beta;   // eltwise
    const struct md *md; // binary: second operand, of dst's rank
};

void prim_spec_add(struct prim_spec *spec, int arg, const struct md *md);

struct pd; // a chosen implementation

// The first implementation that is not "ref" and fits spec and posts; its scratchpad is given by
// the caller at run time. NULL if there is none.
struct pd *pd_find(dnnl_engine_t engine, const struct prim_spec *spec, int n_posts,
                   const struct prim_post *posts);
// Calls visit with the name of each implementation that pd_find may take without posts, oneDNN's
// first choice first.
typedef void pd_visit(void *context, const char *name);
void pd_each(dnnl_engine_t engine, const struct prim_spec *spec, pd_visit *visit, void *context);
void pd_free(struct pd *pd);                        // NULL is fine
const char *pd_implementation(const struct pd *pd); // "brgconv:avx512_core"
struct md *pd_arg_md(const struct pd *pd, int arg); // owned by the caller
dnnl_primitive_t pd_primitive(const struct pd *pd); // owned by the caller; NULL on failure

// ---- instruction sets ---------------------------------------------------------------------
// oneDNN's names as in ONEDNN_MAX_CPU_ISA, lower case; "avx512" is avx512_core. Returns false if
// this version does not know the name.
bool isa_from_name(const char *name, dnnl_cpu_isa_t *isa);
const char *isa_name(dnnl_cpu_isa_t isa); // "unknown" if there is none
// All names, separated by spaces.
void isa_names(struct str *out);

#endif
