import { useEffect, useRef, type RefObject } from 'react';

/** Closes a <details> that is a menu as menus close: with Escape, and when somebody presses or goes elsewhere. */
export function useDismissal(): RefObject<HTMLDetailsElement> {
  const ref = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const closeByKey = ({ key }: KeyboardEvent): void => {
      const menu = ref.current;
      if (key !== 'Escape' || menu?.open !== true) return;
      menu.open = false;
      // What had the focus is gone with the menu; the keyboard goes on from where it was opened.
      menu.querySelector('summary')?.focus();
    };
    const closeFromOutside = ({ target }: Event): void => {
      const menu = ref.current;
      if (menu?.open === true && target instanceof Node && !menu.contains(target)) menu.open = false;
    };
    document.addEventListener('keydown', closeByKey);
    document.addEventListener('pointerdown', closeFromOutside);
    document.addEventListener('focusin', closeFromOutside);
    return () => {
      document.removeEventListener('keydown', closeByKey);
      document.removeEventListener('pointerdown', closeFromOutside);
      document.removeEventListener('focusin', closeFromOutside);
    };
  }, []);
  return ref;
}
