// The rules of fusion, in the files that their names begin with. Each looks at node i and its
// neighbours, and says whether it changed anything. They are semantic and independent of the CPU.
#ifndef DECOMPOSE_FUSE_H
#define DECOMPOSE_FUSE_H

#include "decompose/fusion.h"

// Operators spelled in others: patterns (fuse_idioms.c, fuse_norms.c).
fusion_rule fuse_activation_idiom, fuse_norm_idiom, fuse_norm_bias, fuse_group_norm;

// What only moves elements (fuse_moves.c).
fusion_rule fuse_views, fuse_unmoving, fuse_transposes, fuse_shuffle, fuse_blocks,
    fuse_added_constants;

// What moves elements behind a product, and what works on them alone (fuse_sunk.c).
fusion_rule fuse_sunk_view, fuse_sunk_transpose;

// Padding before a window (fuse_pad.c).
fusion_rule fuse_pad;

// softmax(Q K^T) V (fuse_attention.c).
fusion_rule fuse_attention, fuse_attention_heads;

// Steps that take what follows them (fuse_posts.c).
fusion_rule fuse_activation, fuse_residual, fuse_chain;
bool fuse_is_product(enum op op);

// Products of matrices (fuse_products.c).
fusion_rule fuse_transposed_operand, fuse_product_scale, fuse_operand_scale, fuse_flat_product;

#endif
