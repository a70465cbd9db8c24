import { type DataSource } from 'typeorm';
import { type InstallationSecrets } from './config/secret-files';
import { type Settings } from './config/settings';

/** What is read and opened before Nest starts. */
export interface Installation {
  settings: Settings;
  secrets: InstallationSecrets;
  dataSource: DataSource;
}
