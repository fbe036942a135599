#include "cli/gap_line.h"

#include "cli/commands.h"
#include "predict/gap.h"

void gap_line(const struct measure *m, const struct prediction *p, double measured_ns)
{
    struct gap gap = gap_of(measured_ns, p, m->suite, m->place.probe.dispatch_ns);
    note("%s: %.3f ms = %.3f computing in hot loops + %.3f dispatch + %.3f cache state + "
         "%.3f layout and copies + %.3f delays + %.3f unexplained (%.1f %%)",
         p->model->name, measured_ns * 1e-6, gap.computing_ns * 1e-6, gap.dispatch_ns * 1e-6,
         gap.cache_ns * 1e-6, gap.copies_ns * 1e-6, gap.delays_ns * 1e-6, gap.unexplained_ns * 1e-6,
         gap.unexplained_ns / measured_ns * 100);
}
