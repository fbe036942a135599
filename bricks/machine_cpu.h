// What a CPU says of itself through cpuid, so that other CPUs can be played by a script.
#ifndef BRICKS_MACHINE_CPU_H
#define BRICKS_MACHINE_CPU_H

#include <stdint.h>

#include "bricks/machine.h"

enum { EAX, EBX, ECX, EDX };
struct cpuid {
    uint32_t reg[4];
};

struct cpu_reader {
    // All zero where the CPU does not have the leaf.
    struct cpuid (*cpuid)(uint32_t leaf, uint32_t subleaf);
    // State components that the operating system saves (xgetbv): 0 if it does not use xsave.
    uint64_t (*saved_state)(void);
};

extern const struct cpu_reader this_cpu;

// Fills names, numbers, instruction set and hypervisor.
void machine_read_cpu(struct machine *m, const struct cpu_reader *cpu);

// machine_detect with another CPU in this topology.
int machine_detect_on(struct machine *m, const struct cpu_reader *cpu, struct error *err);

#endif
