// Regions: ranges of steps, the first half of grouping steps to bricks. Equal stretches of
// different models become equal regions wherever they stand and however often they are repeated:
//
// 1. The graph is cut into segments, wherever at most one activation is live. One that lives for
//    more than G steps, such as an attention mask or what a skip connection brings, cannot stay
//    inside a brick anyway and does not count.
// 2. A segment of several steps is a block that forks and joins: it is a region of its own. Where
//    a sequence of segments is repeated at once (a stack of equal layers), each repetition is cut
//    off. So three blocks and thirty consist of the same regions.
// 3. Between those cuts, steps are joined up to G, anew from every anchor. An anchor is a boundary
//    that its neighbourhood alone decides (content-defined chunking).
#ifndef DECOMPOSE_REGIONS_H
#define DECOMPOSE_REGIONS_H

#include "bricks/brick.h"

// Fills start (room for n_nodes + 1) with the first node of every region of the cutter's graph and
// a closing n_nodes. Returns the number of regions. The graph must be sorted and indexed.
int find_regions(struct cutter *cutter, int granularity, int *start);

#endif
