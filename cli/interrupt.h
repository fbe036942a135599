// Ctrl-C: long work looks at `interrupted` between its parts and ends in good order.
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <signal.h>

extern volatile sig_atomic_t interrupted;

// SIGINT and SIGTERM set `interrupted`; the second one ends the program at once.
void interrupt_install(void);

#endif
