// One line per model on standard error: its latency, split by cause (predict/gap.h).
#ifndef CLI_GAP_LINE_H
#define CLI_GAP_LINE_H

#include "cli/measure.h"

void gap_line(const struct measure *m, const struct prediction *p, double measured_ns);

#endif
