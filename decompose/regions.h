// Regions: ranges of steps between cuts at which few activations are live, the first half of
// grouping steps to bricks. The graph is first cut into segments, wherever at most one activation
// is live. A segment of more than G steps is a region; runs of shorter ones are joined up to G
// steps, anew from every anchor. An anchor is a boundary that its neighbourhood alone decides
// (content-defined chunking), so that equal stretches of different models are cut alike.
#ifndef DECOMPOSE_REGIONS_H
#define DECOMPOSE_REGIONS_H

#include "bricks/graph.h"

// Fills start (room for n_nodes + 1) with the first node of every region and a closing n_nodes.
// Returns the number of regions. g must be sorted and indexed.
int find_regions(const struct graph *g, int granularity, int *start);

#endif
