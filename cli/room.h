// Whether this machine has the memory that timing a model's bricks takes.
#ifndef CLI_ROOM_H
#define CLI_ROOM_H

#include "bricks/suite.h"

// Takes the models for which there is too little out of the suite and reports each, with its
// largest brick; their bricks stay, where nothing else wants them. Returns how many there were.
int room_leave_out(struct suite *s);

#endif
