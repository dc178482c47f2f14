/* What a program would like to be granted, for a person who decides about it: the custom section `argos.wants`, a line for each interface. Wanting is
   not having: argos inspect shows it, and argos run says how what was not granted could be. */
#ifndef PROGRAMS_API_WANTS_H
#define PROGRAMS_API_WANTS_H

/* At file scope, both literals: the name of an interface that ArgOS comes with, or its hash, and why it is wanted, which completes "it wants NAME
   ...":

       ARGOS_WANTS("console", "to ask who you are") */
#define ARGOS_WANTS(interface, reason) __asm__("\t.section .custom_section.argos.wants,\"\",@\n\t.ascii \"" interface " " reason "\\n\"\n\t.text\n");

#endif
