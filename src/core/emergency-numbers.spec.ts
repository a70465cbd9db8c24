import { EMERGENCY_NUMBER, emergencyNumbersOf } from './emergency-numbers';

it.each([
  ['84', ['112', '113', '114', '115', '911']],
  ['44', ['112', '911', '999']],
  ['33', ['112', '15', '17', '18', '911']],
  ['61', ['000', '112', '911']],
  ['1', ['112', '911']],
  ['999', ['112', '911']],
])('those of a country of code %s are %j', (countryCode, numbers) => {
  expect(emergencyNumbersOf({ countryCode, emergencyNumbers: null })).toEqual(numbers);
});

it.each([
  ['110,119', ['110', '112', '119', '911']],
  ['112', ['112', '911']],
  ['', ['112', '911']],
])("a tenant's own, %j, stand for those of its country: %j", (emergencyNumbers, numbers) => {
  expect(emergencyNumbersOf({ countryCode: '84', emergencyNumbers })).toEqual(numbers);
});

it('are digits only, whatever the country', () => {
  for (let code = 1; code < 1_000; code++) {
    for (const number of emergencyNumbersOf({ countryCode: String(code), emergencyNumbers: null }))
      expect(number).toMatch(EMERGENCY_NUMBER);
  }
});
